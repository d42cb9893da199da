from lms.plans.models.assignments import Assignment, BasisDocument
from lms.plans.models.programme import Conference, ConferencePoint, Target

__all__ = ["Assignment", "BasisDocument", "Conference", "ConferencePoint", "Target"]
