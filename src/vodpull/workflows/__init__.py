"""What happens when: the durable order of the steps of a batch and of a job."""
