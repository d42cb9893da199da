from courses.models.catalogue import Activity, Course, Module
from courses.models.enrolment import Enrolment
from courses.models.glossary import GlossaryTerm
from courses.models.job_aids import JobAidEdition
from courses.models.legal import LegalClearance, LegalDocument
from courses.models.packages import PackageItem
from courses.models.pages import ActivityPage, CoursePage, JobAidPage, LessonPage, ModulePage, PracticePage
from courses.models.practice import Submission
from courses.models.progress import ActivityState, Bookmark, Completion, ProgressEvent

__all__ = [
    "Activity",
    "ActivityPage",
    "ActivityState",
    "Bookmark",
    "Completion",
    "Course",
    "CoursePage",
    "Enrolment",
    "GlossaryTerm",
    "JobAidEdition",
    "JobAidPage",
    "LegalClearance",
    "LegalDocument",
    "LessonPage",
    "Module",
    "ModulePage",
    "PackageItem",
    "PracticePage",
    "ProgressEvent",
    "Submission",
]
