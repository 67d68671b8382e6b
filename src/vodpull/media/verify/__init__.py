"""
What was made, compared with what should have been made; mends nothing. What is proven is encrypted here where asked.

`verify` says in which order. `structure` judges what was counted, `content` what `compare` saw and heard, which
`likeness` measures; what is encoded again then is in `workflows/attempt/produce.py`.
"""
