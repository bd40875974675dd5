"""What MLflow's own client finds of an exported run, as JSON: python mlflow_check.py ADDRESS RUN"""
import json
import sys

from mlflow.tracking import MlflowClient

client = MlflowClient(sys.argv[1])
parent = client.get_run(sys.argv[2])
children = client.search_runs([parent.info.experiment_id], f"tags.mlflow.parentRunId = '{sys.argv[2]}'")


def files(run_id, path=None):
    for found in client.list_artifacts(run_id, path):
        yield from files(run_id, found.path) if found.is_dir else [found.path]


def seen(run):
    history = {key: [[m.step, m.timestamp, m.value] for m in client.get_metric_history(run.info.run_id, key)] for key in run.data.metrics}
    return {
        "name": run.info.run_name,
        "status": run.info.status,
        "params": run.data.params,
        "metrics": {key: sorted(points) for key, points in history.items()},
        "files": sorted(files(run.info.run_id)),
    }


print(json.dumps({"parent": seen(parent), "models": sorted(map(seen, children), key=lambda run: run["name"])}))
