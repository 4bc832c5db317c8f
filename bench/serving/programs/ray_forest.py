"""Ray Serve with @serve.batch. MODEL is the pickled model, PORT where it listens, RAY_FOLDER where Ray keeps its files."""

import os

import joblib
import numpy as np
import ray
from ray import serve

ray.init(
    num_cpus=2,
    include_dashboard=False,
    object_store_memory=100 * 2**20,
    _temp_dir=os.environ["RAY_FOLDER"],
    configure_logging=False,
)
serve.start(http_options={"host": "127.0.0.1", "port": int(os.environ["PORT"])})


@serve.deployment(max_ongoing_requests=256, ray_actor_options={"num_cpus": 1})
class Forest:
    def __init__(self, file):
        self.model = joblib.load(file)

    @serve.batch(max_batch_size=64, batch_wait_timeout_s=0.002)
    async def predict(self, asked):
        answers = self.model.predict(np.concatenate(asked)).tolist()
        sizes = [len(rows) for rows in asked]
        return [answers[sum(sizes[:i]) : sum(sizes[: i + 1])] for i in range(len(sizes))]

    async def __call__(self, request):
        body = await request.json()
        return {"predictions": await self.predict(np.array(body["dataframe_split"]["data"]))}


serve.run(Forest.bind(os.environ["MODEL"]), route_prefix="/invocations", blocking=True)
