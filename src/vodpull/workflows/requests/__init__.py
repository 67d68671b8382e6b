"""What clients ask for: intake, cancel, retry, deletion; not what runs by the clock (`upkeep`)."""
