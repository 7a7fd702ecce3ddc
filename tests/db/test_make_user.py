"""`manage.py make_user` (CONTRACT.md): what it makes, what it refuses, and what it leaves as it was."""

import io
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from scheduling.models import ApiToken, ChangeLog, Department, Role, User
from scheduling.selectors import actor_for

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "a long secret of words"


@pytest.fixture
def make_user(db, monkeypatch, capsys):
    """Run the command; return (standard output, standard error). `password` is what is piped in."""

    def run(*arguments, password=""):
        monkeypatch.setattr(sys, "stdin", io.StringIO(password))
        out, err = io.StringIO(), io.StringIO()
        call_command("make_user", *arguments, stdout=out, stderr=err)
        return out.getvalue(), err.getvalue()

    return run


@pytest.fixture
def departments(db):
    return [Department.objects.create(code=code, name=code) for code in ("BIO", "CHE")]


def refused(make_user, *arguments):
    with pytest.raises(CommandError) as refusal:
        make_user(*arguments)
    assert refusal.value.returncode == 2
    return str(refusal.value)


class TestPassword:
    def test_what_is_piped_in_is_the_password(self, make_user):
        out, _err = make_user("ann", password=f"{PASSWORD}\n")
        assert User.objects.get(username="ann").check_password(PASSWORD)
        assert PASSWORD not in out
        assert "Password" not in out

    def test_a_random_one_is_printed_where_none_comes(self, make_user):
        out, _err = make_user("ann")
        printed = out.split("Password: ")[1].strip()
        assert len(printed) >= 16
        assert User.objects.get(username="ann").check_password(printed)

    def test_a_user_who_is_there_keeps_the_password_unless_one_is_given(self, make_user):
        make_user("ann", password=PASSWORD)
        out, _err = make_user("ann", "--role", "VIEWER")
        assert "Password" not in out
        assert User.objects.get(username="ann").check_password(PASSWORD)
        make_user("ann", password="another long secret of words")
        assert User.objects.get(username="ann").check_password("another long secret of words")

    def test_a_weak_one_is_taken_with_a_warning(self, make_user):
        _out, err = make_user("ann", password="short")
        assert "weak" in err
        assert User.objects.get(username="ann").check_password("short")

    def test_spaces_belong_to_it_and_the_line_end_does_not(self, make_user):
        make_user("ann", password=f" {PASSWORD} \r\n")
        assert User.objects.get(username="ann").check_password(f" {PASSWORD} ")


class TestRoles:
    def test_a_registrar_is_for_all_departments_unless_some_are_named(self, make_user, departments):
        out, _err = make_user("ann", "--role", "REGISTRAR")
        assert actor_for(User.objects.get(username="ann")).roles == (("REGISTRAR", None),)
        assert "all departments" in out
        make_user("ann", "--role", "REGISTRAR", "--department", "BIO")
        assert actor_for(User.objects.get(username="ann")).roles == (("REGISTRAR", frozenset({"BIO"})),)

    @pytest.mark.parametrize("role", ["SCHEDULER", "INSTRUCTOR"])
    def test_other_roles_without_departments_are_for_none(self, make_user, role):
        out, _err = make_user("bob", "--role", role)
        assert actor_for(User.objects.get(username="bob")).roles == ((role, frozenset()),)
        assert "no department; add --department" in out

    def test_several_roles_and_departments(self, make_user, departments):
        make_user(
            "bob", "--role", "SCHEDULER", "--role", "VIEWER", "--department", "BIO", "--department", "CHE"
        )
        both = frozenset({"BIO", "CHE"})
        assert actor_for(User.objects.get(username="bob")).roles == (("SCHEDULER", both), ("VIEWER", both))

    def test_the_roles_given_replace_those_before_and_none_given_leaves_them(self, make_user, departments):
        make_user("bob", "--role", "SCHEDULER", "--department", "BIO")
        make_user("bob")
        assert [role for role, _where in actor_for(User.objects.get(username="bob")).roles] == ["SCHEDULER"]
        make_user("bob", "--role", "VIEWER")
        assert actor_for(User.objects.get(username="bob")).roles == (("VIEWER", None),)

    def test_departments_alone_move_the_roles_held(self, make_user, departments):
        make_user("bob", "--role", "SCHEDULER", "--department", "BIO")
        make_user("bob", "--department", "CHE")
        assert actor_for(User.objects.get(username="bob")).roles == (("SCHEDULER", frozenset({"CHE"})),)

    def test_delivered_roles_are_made_on_demand_with_their_names(self, make_user):
        make_user("bob", "--role", "INSTRUCTOR")
        assert Role.objects.get(pk="INSTRUCTOR").name == "Instructor"

    def test_a_role_that_the_institution_made_is_known(self, make_user):
        Role.objects.create(code="DEAN", name="Dean")
        make_user("bob", "--role", "DEAN")
        assert actor_for(User.objects.get(username="bob")).roles == (("DEAN", frozenset()),)


class TestProducts:
    def test_a_new_user_gets_scheduling(self, make_user):
        make_user("ann")
        user = User.objects.get(username="ann")
        assert (user.has_scheduling, user.has_admin) == (True, False)

    def test_products_are_set_as_given_and_stay_if_none_is(self, make_user):
        make_user("ann", "--product", "scheduling", "--product", "admin")
        make_user("ann")
        user = User.objects.get(username="ann")
        assert (user.has_scheduling, user.has_admin) == (True, True)
        make_user("ann", "--product", "scheduling")
        user.refresh_from_db()
        assert (user.has_scheduling, user.has_admin) == (True, False)

    def test_somebody_without_a_role_is_saved_with_a_warning(self, make_user):
        warning = "ann has no role: what the products open stays empty until a role is given."
        _out, err = make_user("ann", "--product", "scheduling", "--product", "admin")
        assert warning in err
        _out, err = make_user("ann", "--role", "REGISTRAR")
        assert warning not in err

    def test_the_third_with_the_admin_product_needs_a_word_as_on_the_page(self, make_user):
        both = ("--product", "scheduling", "--product", "admin")
        for name in ("ann", "bob"):
            make_user(name, *both)
        message = refused(make_user, "cyd", *both)
        assert "ann, bob have the Admin product already, and it is given to few." in message
        assert "--one-more-admin" in message
        assert not User.objects.filter(username="cyd").exists()
        make_user("ann", *both)
        make_user("cyd", *both, "--one-more-admin")
        row = ChangeLog.objects.get(record_type="user", record_id=str(User.objects.get(username="cyd").pk))
        assert row.reason == "Confirmed: number 3 with the Admin product"

    def test_a_name_that_differs_in_capitals_alone_is_refused(self, make_user):
        make_user("ann")
        assert "There is a user called ann already" in refused(make_user, "Ann")
        assert User.objects.count() == 1

    def test_a_user_with_admin_alone_is_refused_and_nothing_changes(self, make_user):
        assert "would see nothing after the next login" in refused(make_user, "ann", "--product", "admin")
        assert not User.objects.exists()
        make_user("ann")
        refused(make_user, "ann", "--product", "admin")
        assert User.objects.get(username="ann").has_scheduling


class TestRefusals:
    def test_an_unknown_role_is_answered_with_the_list(self, make_user):
        message = refused(make_user, "ann", "--role", "BOSS")
        assert "'BOSS'" in message
        assert "INSTRUCTOR, REGISTRAR, SCHEDULER, VIEWER" in message
        assert not User.objects.exists()

    def test_an_unknown_department_is_answered_with_those_there_are(self, make_user, departments):
        message = refused(make_user, "ann", "--role", "SCHEDULER", "--department", "PHY")
        assert "'PHY'; the departments are BIO, CHE" in message
        assert not User.objects.exists()

    def test_where_no_department_is_known_it_says_what_to_do(self, make_user):
        message = refused(make_user, "ann", "--role", "SCHEDULER", "--department", "PHY")
        assert "import departments" in message

    def test_a_department_needs_a_role(self, make_user, departments):
        assert "needs a role" in refused(make_user, "ann", "--department", "BIO")

    @pytest.mark.parametrize("name", ["", "a b", "x" * 151])
    def test_a_name_that_cannot_be_is_refused(self, make_user, name):
        assert refused(make_user, name)
        assert not User.objects.exists()

    def test_an_unknown_product_is_wrong_use(self, make_user):
        assert "payroll" in refused(make_user, "ann", "--product", "payroll")


class TestToken:
    def test_the_printed_key_is_the_one_whose_digest_is_kept(self, make_user):
        out, _err = make_user("ann", "--token")
        key = out.split("Token: ")[1].strip()
        assert ApiToken.objects.get().digest == ApiToken.digest_of(key)
        assert ApiToken.objects.get().user.username == "ann"

    def test_no_token_is_made_unasked(self, make_user):
        out, _err = make_user("ann")
        assert "Token" not in out
        assert not ApiToken.objects.exists()


class TestAudit:
    def rows(self):
        return list(ChangeLog.objects.filter(record_type="user").order_by("id"))

    def test_a_new_user_is_one_row_without_the_password(self, make_user, departments):
        make_user("ann", "--role", "SCHEDULER", "--department", "BIO", password=PASSWORD)
        (row,) = self.rows()
        assert (row.action, row.actor_name, row.source) == ("CREATE", "operator", "COMMAND")
        told = {name: row.after[name] for name in ("username", "products", "roles", "is_active")}
        assert told == {
            "username": "ann",
            "products": ["scheduling"],
            "roles": {"SCHEDULER": ["BIO"]},
            "is_active": True,
        }
        assert PASSWORD not in str(row.after)

    def test_the_same_again_changes_nothing_and_leaves_no_row(self, make_user):
        for _twice in range(2):
            make_user("ann", "--role", "REGISTRAR", "--product", "scheduling")
        assert len(self.rows()) == 1
        assert User.objects.count() == 1

    def test_each_change_is_a_row_and_a_password_is_never_shown(self, make_user):
        make_user("ann", "--role", "VIEWER")
        make_user("ann", "--role", "REGISTRAR", "--product", "scheduling", "--product", "admin", "--token")
        make_user("ann", password=PASSWORD)
        rows = {row.field: row for row in self.rows()[1:]}
        assert (rows["roles"].before, rows["roles"].after) == ({"VIEWER": "all"}, {"REGISTRAR": "all"})
        assert rows["products"].after == ["scheduling", "admin"]
        assert (rows["password"].before, rows["password"].after) == (None, None)
        assert (rows["api_token"].before, rows["api_token"].after) == (None, None)
        assert len(self.rows()) == 5


@pytest.mark.usefixtures("committed")
class TestAsAProcess:
    """Real pipes: where the password comes from is between the shell and us."""

    def start(self, *arguments, **how):
        given = urlsplit(os.environ["DATABASE_URL"])
        url = urlunsplit(given._replace(path=f"/{connection.settings_dict['NAME']}"))
        environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
        return subprocess.run(
            [sys.executable, "manage.py", "make_user", *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            **how,
        )

    def test_a_piped_password_is_read(self):
        done = self.start("ann", input=PASSWORD)
        assert done.returncode == 0, done.stderr
        assert User.objects.get(username="ann").check_password(PASSWORD)

    def test_a_pipe_that_stays_silent_does_not_hang_it(self):
        read, write = os.pipe()
        try:
            done = self.start("ann", stdin=read)
        finally:
            os.close(read)
            os.close(write)
        assert done.returncode == 0, done.stderr
        assert "Password: " in done.stdout

    def test_wrong_use_exits_with_2(self):
        done = self.start("ann", "--product", "admin", stdin=subprocess.DEVNULL)
        assert (done.returncode, done.stdout) == (2, "")
        assert "next login" in done.stderr
