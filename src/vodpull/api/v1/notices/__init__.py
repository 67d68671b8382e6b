"""What an account is told unasked: events to poll, deliveries, callbacks; nothing is sent from here."""
