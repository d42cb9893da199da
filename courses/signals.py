"""Calls go down, signals go up.

``course_completed(completion)``: sent by services.progress inside the transaction that completes a course, once a
completion. Heard by certificates.receivers, which enters the certificate in the register in the same transaction.
"""

from django.dispatch import Signal

course_completed = Signal()
