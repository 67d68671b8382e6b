"""
Scripts that run as confined children on hostile bytes; they import nothing of vodpull outside this folder.

They tell what a file is and refuse what is unusable: which tracks count, which constant rate shows all its pictures.
"""
