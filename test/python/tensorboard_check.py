"""What TensorBoard's own readers find below a folder, as JSON: python tensorboard_check.py LOGDIR"""
import json
import sys

from tensorboard.backend.event_processing import plugin_event_multiplexer
from tensorboard.plugins.hparams import plugin_data_pb2

multiplexer = plugin_event_multiplexer.EventMultiplexer(
    size_guidance={"tensors": 0}, tensor_size_guidance={"scalars": 0, "images": 0}
)
multiplexer.AddRunsFromDirectory(sys.argv[1])
multiplexer.Reload()


def session(content):
    data = plugin_data_pb2.HParamsPluginData.FromString(content)
    if data.HasField("session_start_info"):
        info = data.session_start_info
        settings = {name: getattr(value, value.WhichOneof("kind")) for name, value in info.hparams.items()}
        return {"group": info.group_name, "settings": settings}
    return {"status": data.session_end_info.status}


def run(name):
    accumulator = multiplexer.GetAccumulator(name)
    scalars, images = {}, {}
    for tag in accumulator.PluginTagToContent("scalars"):
        scalars[tag] = [
            [event.step, event.wall_time, float(event.tensor_proto.float_val[0])] for event in accumulator.Tensors(tag)
        ]
    for tag in accumulator.PluginTagToContent("images"):
        images[tag] = [
            [event.step, int(event.tensor_proto.string_val[0]), int(event.tensor_proto.string_val[1])]
            for event in accumulator.Tensors(tag)
        ]
    plugin = accumulator.PluginTagToContent("hparams")
    return {"scalars": scalars, "images": images, "hparams": {tag: session(content) for tag, content in plugin.items()}}


print(json.dumps({name: run(name) for name in sorted(multiplexer.Runs())}))
