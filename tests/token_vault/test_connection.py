"""How the gateway comes to its vault: a proven server, a token for each connection, and again after a loss."""

import dataclasses
import logging
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509

from model_images.gateway.guard.tokens.postgres import PostgresStore
from model_images.gateway.guard.tokens.vault import VaultUnavailable
from tests.model_images.gateway.certificates import Authority
from tests.token_vault.asked import LOOPBACK, ROW, World
from tests.token_vault.front import Front


class TestTheServerProvesItself:
    """Whoever answers for the database would be handed a token that opens it."""

    def test_a_proven_one_is_asked_by_tls_1_3(self, world: World) -> None:
        assert world.load(world.store()) == []
        assert world.front.versions == ["TLSv1.3"]

    def refused(self, world: World, front: Front) -> None:
        with pytest.raises(VaultUnavailable):
            world.load(world.store(front))

    def test_no_other_name(self, world: World) -> None:
        self.refused(world, world.fronted(x509.DNSName("elsewhere.example")))

    def test_no_other_authority(self, world: World, tmp_path: Path) -> None:
        self.refused(world, world.fronted(LOOPBACK, Authority(tmp_path, "another")))

    def test_no_older_tls(self, world: World) -> None:
        front = world.fronted(LOOPBACK)
        front.at_most(ssl.TLSVersion.TLSv1_2)
        self.refused(world, front)

    def test_and_no_token_is_sent_to_it(self, world: World) -> None:
        front = world.fronted(x509.DNSName("elsewhere.example"))
        self.refused(world, front)
        assert front.versions == []  # no handshake came to its end, so nothing was said inside one


class TestEachConnectionHasAToken:
    """Tokens end; a gateway must not."""

    def test_one_for_each_connection_and_not_for_each_question(self, world: World) -> None:
        store = world.store()
        for _ in range(5):
            assert world.load(store) == []
        assert world.entra.asked == 1

    def test_one_that_is_not_taken_is_forgotten(self, world: World) -> None:
        world.entra.tokens = ["old", "good"]
        store = world.store()
        with pytest.raises(VaultUnavailable):
            world.load(store)
        assert world.entra.forgotten == 1
        assert world.load(store) == []


class TestALossIsBridged:
    """A failover ends every connection; a request that comes after it is not refused for that."""

    def test_after_a_cut_it_is_asked_again(self, world: World) -> None:
        store = world.store()
        assert world.load(store) == []
        world.loop.wait(world.front.cut())
        assert world.load(store) == []
        assert world.entra.asked == 2

    def test_a_row_that_is_put_twice_is_kept_once(self, world: World) -> None:
        store = world.store()
        assert world.loop.wait(store.put([ROW], 60)) == [ROW]
        world.loop.wait(world.front.cut())
        assert world.loop.wait(store.put([ROW], 60)) == [ROW]
        assert world.load(store) == [ROW]
        assert world.loop.wait(store.erase("north", conversations=[ROW.conversation])) == 1


class TestNoAnswerIsARefusal:
    """Slow, broken or gone: nothing was put away, and nothing is said of what was asked."""

    @pytest.fixture
    def away(self, world: World) -> Callable[[], PostgresStore]:
        def made() -> PostgresStore:
            front = world.fronted(LOOPBACK)
            world.loop.wait(front.end())
            return world.store(front)

        return made

    def test_nobody_there(self, world: World, away: Callable[[], PostgresStore]) -> None:
        with pytest.raises(VaultUnavailable) as raised:
            world.loop.wait(away().put([ROW], 60))
        assert raised.value.__cause__ is None

    def test_one_that_never_answers(self, world: World) -> None:
        world.front.silent = True
        with pytest.raises(VaultUnavailable):
            world.load(world.store(deadline_s=0.3))

    def test_it_is_told_once_and_again_after_it_answered(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        store, said = world.store(), "token vault: InvalidPasswordError 28P01"
        with caplog.at_level(logging.ERROR, "bailiwick.gateway"):
            for answers in (False, False, True, False):
                world.loop.wait(world.front.cut())
                world.entra.tokens = ["good"] if answers else ["old"]
                if answers:
                    assert world.load(store) == []
                else:
                    with pytest.raises(VaultUnavailable):
                        world.load(store)
        assert [record.getMessage() for record in caplog.records] == [said, said]

    def test_nothing_of_a_question_is_in_the_log(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        row = dataclasses.replace(ROW, tenant="hunter2" * 20, sealed=b"hunter2")  # the server says which row it was
        with caplog.at_level(logging.DEBUG), pytest.raises(VaultUnavailable) as raised:
            world.loop.wait(world.store().put([row], 60))
        assert "CheckViolationError" in caplog.text
        assert "hunter2" not in caplog.text + str(raised.value)
