"""The compiled inner loops of execution: the best k paragraphs of one segment, pruned.

Every score is a sum of multiples of `score.QUANTUM`, so sums are exact in any order and a bound is
a bound: nothing here needs an epsilon, and what is left out cannot be among the best.
"""
