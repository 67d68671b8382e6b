"""Libraries that come along: an import goes on turn by turn, each a step of the durable engine."""
