"""The words a synthetic institution is made of."""

SUBJECTS = (
    ("ENGL", "English"),
    ("MATH", "Mathematics"),
    ("BIOL", "Biology"),
    ("PSYC", "Psychology"),
    ("CHEM", "Chemistry"),
    ("CSCI", "Computer Science"),
    ("HIST", "History"),
    ("ECON", "Economics"),
    ("PHYS", "Physics"),
    ("NURS", "Nursing"),
    ("COMM", "Communication"),
    ("SOAN", "Sociology and Anthropology"),
    ("ACCT", "Accounting"),
    ("PSCI", "Political Science"),
    ("SPAN", "Spanish"),
    ("MUSC", "Music"),
    ("ART", "Art and Art History"),
    ("PHIL", "Philosophy"),
    ("KINE", "Kinesiology"),
    ("EDUC", "Education"),
    ("MGMT", "Management"),
    ("STAT", "Statistics"),
    ("GEOL", "Geology"),
    ("THEA", "Theatre"),
    ("FREN", "French"),
    ("RELG", "Religion"),
    ("ENVS", "Environmental Studies"),
    ("DANC", "Dance"),
    ("GERM", "German"),
    ("AS/RE", "Asian Studies and Religion"),
    ("ASTR", "Astronomy"),
    ("CHIN", "Chinese"),
    ("LING", "Linguistics"),
    ("CLAS", "Classics"),
    ("RUSS", "Russian"),
    ("JAPN", "Japanese"),
)
BRANCHES = (
    ("A", "Applied"),
    ("H", "Health"),
    ("E", "Engineering"),
    ("P", "Public"),
    ("I", "International"),
)
"""Prefixes that make more subjects of these where an institution is large."""

LABORATORY_SUBJECTS = frozenset(
    {"BIOL", "CHEM", "CSCI", "PHYS", "NURS", "GEOL", "ASTR", "KINE", "ENVS", "ART"}
)

TITLE_BEGINNINGS = (
    "Introduction to",
    "Principles of",
    "Topics in",
    "Methods of",
    "History of",
    "Advanced",
    "Theory of",
    "Practice of",
    "Ethics of",
    "Foundations of",
)
TITLE_ENDS = (
    "Analysis",
    "Systems",
    "Culture",
    "Writing",
    "Performance",
    "Structures",
    "Processes",
    "Society",
    "Design",
    "Data",
    "Change",
    "Policy",
    "Materials",
    "Language and Thought",
    "Models, Maps and Measures",
)
NOTES = (
    "Permission of the instructor required.",
    'Listed in the catalog as "special topics"; may be repeated for credit.',
    "Field trips on two Saturdays; a fee applies.",
    "Open to first-year students, others with permission.",
    "Taught in Spanish: conversaci\N{LATIN SMALL LETTER O WITH ACUTE}n, lectura, escritura.",
    "Students must also register for a lab, see linked sections.",
)
FIRST_NAMES = (
    *("Ada", "Bo", "Carla", "Dmitri", "Elena", "Farid", "Grace", "Hugo", "Ingrid", "Jamal", "Kim", "Lena"),
    *("Mateo", "Nadia", "Omar", "Priya", "Quinn", "Rosa", "Sven", "Tova", "Uma", "Viktor", "Wen", "Ximena"),
    *(
        "Yusuf",
        "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}",
        "Aoife",
        "Bilal",
        "Chidi",
        "Dara",
        "Emil",
        "Freya",
    ),
)
LAST_NAMES = (
    *(
        "Aas",
        "Bauer",
        "Costa",
        "Diaz",
        "Eriksen",
        "Farr",
        "Garc\N{LATIN SMALL LETTER I WITH ACUTE}a",
        "Haugen",
    ),
    *("Ito", "Jensen", "Kaplan", "Lund", "Mbeki", "Nakamura", "O'Brien", "Patel", "Quist", "Rossi", "Sato"),
    *("Thorsen", "Ueda", "Vance", "Weiss", "Xu", "Young", "Zhang", "Abara", "Berg", "Chen", "Dahl", "Evans"),
    *("Frost", "Grant", "Hall", "Iversen", "Johnson", "Khan", "Lopez", "Moreau", "Nash", "Olsen", "Park"),
)
BUILDING_NAMES = (
    *("Holland", "Tomson", "Regents", "Dittmann", "Alder", "Birch", "Cedar", "Dunn", "Elm", "Foss", "Gould"),
    *("Hawley", "Irving", "Jordan", "Keller", "Larson", "Morris", "Norris", "Oakes", "Porter", "Quincy"),
    *("Rand", "Steen", "Thayer", "Upton", "Vail", "Wells", "York"),
)
BUILDING_KINDS = ("Hall", "Science Center", "Arts Building", "Library", "Annex")
