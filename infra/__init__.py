"""The Pulumi program: everything that a stack consists of. Start reading at program.py.

No module here may be called like one of the standard library's: Pulumi puts this folder first on the import path.
"""
