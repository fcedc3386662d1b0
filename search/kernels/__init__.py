"""The compiled inner loops of execution: the best k paragraphs of one segment, pruned.

A query is laid out in a `room`, and `top` takes the cheapest way through: few postings merged, the
blocks of one term, the `lead`, or `windows` of several; `sets` counts by bits. The latter two give
chunks of `candidates`, which are narrowed and scored in bulk, term by term (`lookup`) and phrase by
phrase (`phrases`).

Every score is a sum of multiples of `score.QUANTUM`, so sums are exact in any order and a bound is
a bound: no sum needs an epsilon, and what is left out cannot be among the best.
"""
