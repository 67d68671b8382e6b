"""What clients read of their work: the status of a batch, lists of batches; changes nothing."""
