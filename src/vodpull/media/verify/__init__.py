"""
What was made, compared with what should have been made; mends nothing.

`compare` looks, `likeness` measures, `proof` judges; what is encoded again then is in `workflows/attempt/produce.py`.
"""
