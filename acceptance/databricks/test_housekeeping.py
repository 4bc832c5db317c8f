"""Runs deleted and restored by their age, comments of tokens, and who may use the workspace, as databricks-sdk asks."""

import time

import pytest
from databricks.sdk.common.types.fieldmask import FieldMask
from databricks.sdk.errors import NotFound
from databricks.sdk.service.settings import PublicTokenInfo


@pytest.fixture
def experiment(workspace, unique):
    made = workspace.experiments.create_experiment(unique("aging"))
    yield made.experiment_id
    workspace.experiments.delete_experiment(made.experiment_id)


def test_runs_go_by_their_age_and_come_back(workspace, experiment):
    made = [
        workspace.experiments.create_run(experiment_id=experiment, start_time=start).run.info.run_id
        for start in (1000, 2000, 3000)
    ]
    before = int(time.time() * 1000) - 60_000

    def active():
        return {run.info.run_id for run in workspace.experiments.search_runs(experiment_ids=[experiment])}

    assert workspace.experiments.delete_runs(experiment, 3000, max_runs=1).runs_deleted == 1
    assert active() == set(made[1:])
    assert workspace.experiments.delete_runs(experiment, 2000).runs_deleted == 1
    assert active() == {made[2]}
    assert workspace.experiments.restore_runs(experiment, before).runs_restored == 2
    assert active() == set(made)


@pytest.mark.identities
def test_a_token_gets_another_comment(workspace):
    token_id = workspace.tokens.create(comment="first", lifetime_seconds=600).token_info.token_id
    try:
        mask = FieldMask(field_mask=["comment"])
        workspace.tokens.update(token_id, PublicTokenInfo(comment="second"), mask)
        assert [info.comment for info in workspace.tokens.list() if info.token_id == token_id] == ["second"]
    finally:
        workspace.tokens.delete(token_id)
    with pytest.raises(NotFound):
        workspace.tokens.update(token_id, PublicTokenInfo(comment="third"), mask)


def test_a_folder_tells_who_may_use_it(workspace, unique):
    path = f"/Shared/{unique('folder')}"
    workspace.workspace.mkdirs(path)
    try:
        number = str(workspace.workspace.get_status(path).object_id)
        shown = workspace.permissions.get("directories", number)
        assert shown.object_type == "directory"
        assert {"users", "admins"} <= {entry.group_name for entry in shown.access_control_list}
        levels = workspace.permissions.get_permission_levels("directories", number).permission_levels
        assert "CAN_MANAGE" in [level.permission_level.value for level in levels]
    finally:
        workspace.workspace.delete(path)
