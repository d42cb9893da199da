from django.dispatch import Signal

# Sent inside the transaction, after units closed. Arguments: ``closed`` (list of Unit, subtrees included), ``opened``
# (list of Unit), ``on`` (the day). Listeners above carry plans and the like over to the successors.
units_reorganised = Signal()
