"""Calls go down, signals go up.

``course_completed(completion)``: sent by services.progress inside the transaction that completes a course, once a
completion. Heard by certificates.receivers, which enters the certificate in the register in the same transaction.
``practice_submitted(submission)`` and ``practice_confirmed(submission)``: sent by services.practice inside the
transaction that writes the submission. Heard by lms.fanpages.receivers, which keeps the record of the unit's page.
"""

from django.dispatch import Signal

course_completed = Signal()
practice_submitted = Signal()
practice_confirmed = Signal()
