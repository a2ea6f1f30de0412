"""Languages that are no array library of Python: the same steps, written by the tables of a language.

A language is a ``Language``: what NumPy's words in the forms of functions of entries are called, the forms of all other
functions, helpers, and how each operation of ``program/step`` is written. ``Writer`` walks a program and asks these
tables; sums, multiples, names, short values that are written where they are used and refusals are its own. To add one:

1. ``words``: NumPy's word → the language's. Functions of entries are then written by themselves, from their records.
2. ``forms``: the name of any other function → its form, with the operands in braces. One in neither is refused.
3. ``steps``: operation → a function of the writer and the step, which gives a text or statements.
4. A module with a ``TARGET``, whose ``write`` puts head, comment and checks around the statements.
"""
