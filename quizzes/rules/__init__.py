"""Rules of quizzes in plain Python: the caller brings the facts and the time.

timing: clock, deadlines, when one may begin · states: the life of an attempt · drawing: which questions · review: what
is shown when · grades: what several attempts come to · layout: pages and the order of visiting.
"""
