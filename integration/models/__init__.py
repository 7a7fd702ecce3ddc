"""The integration tables, one module a subject."""

from .conflict import Conflict
from .feed import AwaitedEcho, FeedPosition
from .link import Link, LinkState
from .offer import SiteOffer
from .outbound import OutboundChange
from .plan import Plan, PlanRow
from .request import MergeRequest
from .run import MergeRun, MergeState, RunIssue
from .settings import MergeProfile, MergeProfileVersion, TermSwitch

__all__ = [
    "AwaitedEcho",
    "Conflict",
    "FeedPosition",
    "Link",
    "LinkState",
    "MergeProfile",
    "MergeProfileVersion",
    "MergeRequest",
    "MergeRun",
    "MergeState",
    "OutboundChange",
    "Plan",
    "PlanRow",
    "RunIssue",
    "SiteOffer",
    "TermSwitch",
]
