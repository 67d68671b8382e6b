"""
What was made, compared with what should have been made; mends nothing. What is proven is encrypted here where asked.

`verify.py` says in which order. `structure.py` judges what was counted, `content_verdict.py` what `compare.py` saw and
heard, which `likeness.py` measures; what is encoded again then is in `workflows/attempt/produce.py`.
"""
