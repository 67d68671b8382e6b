"""What happens when: the durable order of the steps of a batch and of a job; how each is done belongs below."""
