"""
What was made, compared with what should have been made; mends nothing. What is proven is encrypted here where asked.

`compare` looks, `likeness` measures, `proof` judges; what is encoded again then is in `workflows/attempt/produce.py`.
"""
