"""The conversations about quizzes, a module for each kind of visitor.

attempts: the learner · files: pictures and files of answers · desk*: trainers and invigilators · regrades.
"""
