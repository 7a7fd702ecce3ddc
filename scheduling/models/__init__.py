"""The scheduling tables, one module a subject."""

from .change_log import ChangeLog
from .change_request import ChangeRequest
from .course import Course
from .custom_field import CustomField
from .people import Department, Instructor
from .place import Building, Campus, Room
from .relationship import Relationship, RelationshipMember
from .section import InstructorAssignment, Meeting, Section
from .term import Term
from .upload import SectionUpload
from .user import ApiToken, Role, RoleAssignment, User

__all__ = [
    "ApiToken",
    "Building",
    "Campus",
    "ChangeLog",
    "ChangeRequest",
    "Course",
    "CustomField",
    "Department",
    "Instructor",
    "InstructorAssignment",
    "Meeting",
    "Relationship",
    "RelationshipMember",
    "Role",
    "RoleAssignment",
    "Room",
    "Section",
    "SectionUpload",
    "Term",
    "User",
]
