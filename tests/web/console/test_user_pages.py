"""Console, Users: finding, making and changing people; who may not be changed by whom."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from phases.models import RolePermission
from scheduling.domain.errors import ActionRefused
from scheduling.models import ApiToken, ChangeLog, Department, RoleAssignment, User
from scheduling.selectors import actor_for
from scheduling.services.accounts import Account, account_of, save_account
from scheduling.services.audit import Author
from scheduling.services.passwords import set_password as set_user_password
from scheduling.services.tokens import issue_token
from tests.web.console.page_forms import post, words_of

LIST, NEW = "/console/users/", "/console/users/new/"
PASSWORD = "a long secret of words"


def path_of(user):
    return reverse("user", args=[user.pk])


def access_of(user):
    return reverse("user_access", args=[user.pk])


def send(client, path, *, page=None, step="preview", **options):
    return post(client, path, page or client.get(path), holds="seen", step=step, **options)


def save(client, path, **options):
    return send(client, path, page=send(client, path, **options), step="save")


@pytest.fixture
def departments(db):
    return [Department.objects.create(code=code, name=f"Name of {code}") for code in ("AS/RE", "BIO", "CHE")]


@pytest.fixture
def lee(departments):
    """A scheduler of biology."""
    user = User.objects.create_user("lee", first_name="Lee", email="lee@example.org", has_scheduling=True)
    RoleAssignment.objects.create(user=user, role_id="SCHEDULER").departments.add("BIO")
    return user


def rows_of(user):
    return list(ChangeLog.objects.filter(record_type="user", record_id=str(user.pk)).order_by("id"))


# ---- the list


def test_the_list_is_searched_and_filtered(admin, lee, person):
    person("viewer")
    User.objects.create_user("gone", is_active=False)

    def found(**query):
        words = words_of(admin.get(LIST, query)).partition("Last signed in")[2]
        return {name for name in ("full-admin", "lee", "viewer", "gone") if f" {name} " in words}

    assert found() == {"full-admin", "lee", "viewer"}
    assert found(q="lee example") == {"lee"}
    assert found(role="SCHEDULER") == {"lee"}
    assert found(department="BIO") == {"lee", "full-admin", "viewer"}
    assert found(department="CHE", role="SCHEDULER") == set()
    assert found(state="inactive") == {"gone"}
    assert found(state="all") == {"full-admin", "lee", "viewer", "gone"}
    assert "Scheduler: BIO" in words_of(admin.get(LIST))
    for nonsense in ({"role": "x"}, {"department": "x"}, {"state": "x"}, {"cursor": "x"}):
        assert found(**nonsense) == {"full-admin", "lee", "viewer"}


def test_the_list_has_pages_and_costs_the_same_queries_however_many_people(admin, lee):
    def count():
        with CaptureQueriesContext(connection) as queries:
            assert admin.get(LIST).status_code == 200
        return len(queries)

    before = count()
    made = User.objects.bulk_create(User(username=f"u{number:03d}", password="!") for number in range(60))
    RoleAssignment.objects.bulk_create(RoleAssignment(user=one, role_id="SCHEDULER") for one in made)
    assert count() == before <= 15
    assert "62 users" in words_of(admin.get(LIST))
    assert "Next page" in words_of(admin.get(LIST))


# ---- making and changing


def test_a_user_is_made_with_roles_in_departments_and_then_given_a_password(admin, departments):
    fields = {
        "username": "kim",
        "first_name": "Kim",
        "email": "kim@example.org",
        "role:SCHEDULER": "some",
        "in:SCHEDULER:AS/RE": "on",
        "in:SCHEDULER:CHE": "on",
        "role:VIEWER": "all",
    }
    page = send(admin, NEW, fields=fields)
    words = words_of(page)
    assert "Role Scheduler Not held AS/RE, CHE Counts at once in these departments." in words
    assert not User.objects.filter(username="kim").exists()
    answer = send(admin, NEW, page=page, step="save")
    kim = User.objects.get(username="kim")
    assert answer.headers["Location"] == access_of(kim)
    roles = dict(actor_for(kim).roles)
    assert roles == {"SCHEDULER": frozenset({"AS/RE", "CHE"}), "VIEWER": None}
    assert (kim.has_scheduling, kim.has_admin, kim.has_usable_password()) == (True, False, False)
    assert [(row.action, row.actor_name) for row in rows_of(kim)] == [("CREATE", "full-admin")]
    assert "Without one kim cannot sign in" in words_of(admin.get(access_of(kim)))
    assert "full-admin The account made" in words_of(admin.get(path_of(kim)))


def test_a_change_is_shown_saved_and_audited_field_by_field(admin, lee):
    fields = {"email": "l@example.org", "in:SCHEDULER:CHE": "on"}
    page = send(admin, path_of(lee), fields=fields)
    assert "2 changes. Nothing is saved yet." in words_of(page)
    assert "Role Scheduler BIO BIO, CHE" in words_of(page)
    assert send(admin, path_of(lee), page=page, step="save").headers["Location"] == LIST
    assert dict(actor_for(lee).roles) == {"SCHEDULER": frozenset({"BIO", "CHE"})}
    changed = {row.field: (row.before, row.after) for row in rows_of(lee)}
    assert changed == {
        "email": ("lee@example.org", "l@example.org"),
        "roles": ({"SCHEDULER": ["BIO"]}, {"SCHEDULER": ["BIO", "CHE"]}),
    }
    assert "Roles SCHEDULER in BIO SCHEDULER in BIO, CHE" in words_of(admin.get(path_of(lee)))


def test_ticking_a_department_of_a_role_that_is_not_held_holds_it_there(admin, lee):
    save(admin, path_of(lee), fields={"in:INSTRUCTOR:CHE": "on"})
    assert dict(actor_for(lee).roles)["INSTRUCTOR"] == frozenset({"CHE"})


def test_a_role_is_taken_away_though_its_departments_are_still_ticked(admin, lee):
    save(admin, path_of(lee), fields={"role:SCHEDULER": ""})
    assert actor_for(lee).roles == ()


def test_who_is_made_inactive_is_out_and_their_token_with_them(admin, lee):
    client, key = Client(headers={"Authorization": "Bearer x"}), ApiToken.issue(lee)
    client.force_login(lee)
    save(admin, path_of(lee), without=["is_active"])
    assert client.get("/").status_code == 302
    assert Client().get("/api/v1/terms/", headers={"Authorization": f"Bearer {key}"}).status_code == 401


@pytest.mark.parametrize(
    ("fields", "without", "told"),
    [
        ({"product:admin": "on"}, ["product:scheduling"], "would see nothing after the next login"),
        ({"email": "no address"}, [], "valid email"),
        ({"last_name": "x" * 151}, [], "at most 150"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason_before_it_is_shown(admin, lee, fields, without, told):
    answer = send(admin, path_of(lee), fields=fields, without=without)
    assert told in words_of(answer, status=422)
    assert rows_of(lee) == []


@pytest.mark.parametrize("name", ["", "a b", "lee", "Lee", "x" * 151])
def test_a_name_that_cannot_be_is_refused(admin, lee, name):
    assert send(admin, NEW, fields={"username": name}).status_code == 422
    assert User.objects.count() == 2


def test_without_a_role_somebody_is_saved_after_a_warning(admin, departments):
    page = send(admin, NEW, fields={"username": "kim", "product:admin": "on"})
    assert "kim has no role: what the products open stays empty until a role is given." in words_of(page)
    assert "has no role" not in words_of(send(admin, NEW, fields={"username": "kim", "role:VIEWER": "all"}))
    send(admin, NEW, page=page, step="save")
    assert User.objects.filter(username="kim").exists()


def test_what_no_form_sends_changes_nothing(admin, lee):
    for wanted in (
        '{"role:NOBODY": "all"}',
        '{"in:SCHEDULER:X": "on"}',
        '{"is_superuser": "on"}',
        '{"role:VIEWER": "x"}',
    ):
        admin.post(path_of(lee), {"step": "save", "wanted": wanted})
    admin.post(path_of(lee), {"step": "save", "wanted": '{"username": "other"}'})
    lee.refresh_from_db()
    assert (lee.username, lee.is_superuser, rows_of(lee)) == ("lee", False, [])


def test_a_change_saved_meanwhile_is_kept_and_the_person_looks_again(admin, lee, departments):
    page = send(admin, path_of(lee), fields={"last_name": "Lee"})
    from_elsewhere(lee, first_name="Leigh")
    answer = send(admin, path_of(lee), page=page, step="save")
    assert "First name: Lee → Leigh" in words_of(answer, status=409)
    save(admin, path_of(lee), page=answer)
    lee.refresh_from_db()
    assert lee.get_full_name() == "Leigh Lee"


def from_elsewhere(user, **values):
    author = Author(now=timezone.now(), source=ChangeLog.Source.COMMAND, name="operator")
    save_account(user.pk, replace(account_of(user), **values), author=author)


# ---- the Admin product


def test_the_second_admin_is_made_like_anybody_and_the_third_after_a_yes(admin, lee, caplog):
    save(admin, path_of(lee), fields={"product:admin": "on"})
    assert User.objects.filter(has_admin=True).count() == 2
    fields = {"username": "kim", "product:admin": "on"}
    page = send(admin, NEW, fields=fields)
    assert "full-admin, lee have the Admin product already" in words_of(page)
    answer = send(admin, NEW, page=page, step="save")
    assert "Say that you know" in words_of(answer, status=422)
    assert not User.objects.filter(username="kim").exists()
    send(admin, NEW, page=page, step="save", fields={"knows": "on"})
    kim = User.objects.get(username="kim")
    assert kim.has_admin
    assert rows_of(kim)[0].reason == "Confirmed: number 3 with the Admin product"
    assert any("Admin product" in record.getMessage() for record in caplog.records)


# ---- oneself, and superusers


@pytest.mark.parametrize(
    ("fields", "without"), [({"role:REGISTRAR": ""}, []), ({}, ["product:admin"]), ({}, ["is_active"])]
)
def test_nobody_takes_away_their_own_last_right_to_manage_users(admin, fields, without):
    answer = save(admin, path_of(admin.user), fields=fields, without=without)
    assert "take away your own right to manage users" in words_of(answer, status=422)
    assert account_of(User.objects.get()).products == ("scheduling", "admin")


def test_who_lost_the_right_meanwhile_saves_nothing(admin, lee):
    page = send(admin, path_of(lee), fields={"email": ""})
    RolePermission.objects.filter(role="REGISTRAR", permission="manage_users").delete()
    assert send(admin, path_of(lee), page=page, step="save").status_code == 403
    assert rows_of(lee) == []


@pytest.mark.parametrize("loses", ["permission", "product"])
def test_the_service_asks_anew_what_the_author_may(admin, lee, loses):
    author = Author(now=timezone.now(), source=ChangeLog.Source.FORM, user=admin.user)
    if loses == "permission":
        RolePermission.objects.filter(role="REGISTRAR", permission="manage_users").delete()
    else:
        User.objects.filter(pk=admin.user.pk).update(has_admin=False)
    for deed in (
        lambda: save_account(lee.pk, account_of(lee), author=author),
        lambda: save_account(None, Account(username="kim"), author=author),
        lambda: issue_token(lee, author=author),
        lambda: set_user_password(lee, PASSWORD, author=author),
    ):
        with pytest.raises(ActionRefused, match="manage"):
            deed()
    assert rows_of(lee) == []


@pytest.mark.parametrize("flag", ["is_staff", "is_superuser"])
def test_accounts_of_djangos_administration_are_touched_by_superusers_alone(admin, lee, flag):
    User.objects.filter(pk=lee.pk).update(**{flag: True})
    for path in (path_of(lee), access_of(lee)):
        for answer in (admin.get(path), admin.post(path, {"step": "issue"})):
            assert "Only a superuser may change it" in words_of(answer, status=403)
    assert not ApiToken.objects.exists()
    User.objects.filter(pk=admin.user.pk).update(is_superuser=True)
    save(admin, path_of(lee), fields={"last_name": "Lee"})
    assert admin.post(access_of(lee), {"step": "issue"}).status_code == 200
    assert [row.field for row in rows_of(lee)] == ["last_name", "api_token"]


# ---- passwords and tokens


def set_password(client, user, first=PASSWORD, second=PASSWORD):
    return client.post(access_of(user), {"step": "password", "new_password1": first, "new_password2": second})


def test_the_rules_of_a_password_do_not_call_it_the_readers_own(admin, lee):
    page = admin.get(access_of(lee)).content.decode()
    assert "The password must contain at least 10 characters." in page
    assert "Your password" not in page


def test_a_password_is_set_audited_and_ends_the_sessions_of_the_user(admin, lee):
    client = Client()
    client.force_login(lee)
    assert set_password(admin, lee).status_code == 302
    assert client.get("/").status_code == 302
    assert Client().login(username="lee", password=PASSWORD)
    (row,) = rows_of(lee)
    assert (row.field, row.before, row.after, row.actor) == ("password", None, None, admin.user)


def test_ones_own_password_keeps_the_session(admin):
    set_password(admin, admin.user)
    assert admin.get(LIST).status_code == 200


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (PASSWORD, "another", "differ"),
        ("short", "short", "too short"),
        ("lee@example", "lee@example", "similar"),
    ],
)
def test_a_password_that_cannot_be_is_refused_as_everybodys_own(admin, lee, first, second, told):
    answer = set_password(admin, lee, first, second)
    assert told in words_of(answer, status=422)
    assert rows_of(lee) == []


def test_a_token_is_shown_once_works_and_is_revoked(admin, lee):
    answer = admin.post(access_of(lee), {"step": "issue"})
    key = answer.content.decode().partition('<code class="token">')[2].partition("<")[0]
    assert "no-store" in answer.headers["Cache-Control"]
    assert key not in admin.get(access_of(lee)).content.decode()

    def status():
        return Client().get("/api/v1/terms/", headers={"Authorization": f"Bearer {key}"}).status_code

    assert status() == 200
    token = ApiToken.objects.get()
    assert admin.post(access_of(admin.user), {"step": "revoke", "token": token.pk}).status_code == 409
    assert admin.post(access_of(lee), {"step": "revoke", "token": token.pk}).status_code == 302
    assert status() == 401
    assert "API token revoked" in words_of(admin.get(path_of(lee)))
    assert "revoked" in words_of(
        admin.post(access_of(lee), {"step": "revoke", "token": token.pk}), status=409
    )
    assert [row.field for row in rows_of(lee)] == ["api_token", "api_token"]
    assert key not in str([(row.before, row.after) for row in rows_of(lee)])
