"""From URL to local file, without being led anywhere else."""
