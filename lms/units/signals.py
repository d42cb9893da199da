from django.dispatch import Signal

# Sent inside the transaction, after units closed. Arguments: ``closed`` (list of Unit, subtrees included), ``opened``
# (list of Unit), ``on`` (the day), and from a plan ``by`` (who confirmed it). Listeners above carry plans and the like
# over to the successors.
units_reorganised = Signal()

# Sent once a large plan was confirmed and that is committed. Argument: ``reorganisation_id``. A worker carries it out.
reorganisation_confirmed = Signal()
