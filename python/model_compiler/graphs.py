"""ONNX graphs whose every step rounds as the Python model does.

Trees become the operator `TreeEnsemble` of the domain `ai.onnx.ml`, version 5, which compares and adds in doubles where it
is given doubles. One leaf of it has one target, so a tree with a share for each class is written once for each.
"""

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSETS = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 5)]
IR_VERSION = 10
FLOAT, DOUBLE = TensorProto.FLOAT, TensorProto.DOUBLE
BRANCH_LEQ, BRANCH_LT = 0, 1
SUM, NO_TRANSFORM = 1, 0


class Graph:
    """Collects the nodes of one graph; every method gives the name of what it makes."""

    def __init__(self, width):
        self.width = width
        self.nodes, self.constants, self.outputs = [], [], []

    def add(self, operator, *inputs, domain="", **attributes):
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], domain=domain, **attributes))
        return name

    def constant(self, values):
        name = f"c{len(self.constants)}"
        array = numpy.asarray(values)
        if array.dtype.kind in "UO":
            texts = [str(one) for one in array.reshape(-1)]
            self.constants.append(helper.make_tensor(name, TensorProto.STRING, array.shape, [t.encode() for t in texts]))
        else:
            self.constants.append(numpy_helper.from_array(array, name))
        return name

    def output(self, name, label, kind, shape):
        self.nodes.append(helper.make_node("Identity", [name], [label]))
        self.outputs.append(helper.make_tensor_value_info(label, kind, shape))

    def bytes(self):
        inputs = [helper.make_tensor_value_info("X", DOUBLE, [None, self.width])]
        graph = helper.make_graph(self.nodes, "model", inputs, self.outputs, self.constants)
        model = helper.make_model(graph, opset_imports=OPSETS, ir_version=IR_VERSION, producer_name="slipway")
        onnx.checker.check_model(model)
        return model.SerializeToString()


def add_ensemble(graph, rows, ensemble):
    """The sums of an ensemble, [rows, targets], in its precision; divided where it says so."""
    if ensemble.compares == "f32":
        rows = graph.add("Cast", rows, to=FLOAT)
    if ensemble.sums == "f64":
        rows = graph.add("Cast", rows, to=DOUBLE)
    kind = numpy.float64 if ensemble.sums == "f64" else numpy.float32
    lists = NodeLists(kind)
    for target, start in enumerate(ensemble.base):
        # Sums begin with it: added at the end they would round otherwise.
        if start != 0.0:
            lists.add_leaf_alone(target, start)
    for tree in ensemble.trees:
        for column, target in enumerate(tree.targets):
            lists.add_tree(tree, column, target)
    sums = graph.add(
        "TreeEnsemble",
        rows,
        domain="ai.onnx.ml",
        n_targets=ensemble.target_count,
        aggregate_function=SUM,
        post_transform=NO_TRANSFORM,
        **lists.attributes(BRANCH_LEQ if ensemble.rule == "le" else BRANCH_LT),
    )
    if ensemble.divisor == 1.0:
        return sums
    return graph.add("Div", sums, graph.constant(kind(ensemble.divisor)))


class NodeLists:
    """The operator's attributes: inner nodes and leaves of all trees, each in lists of their own."""

    def __init__(self, kind):
        self.kind = kind
        self.roots, self.feature, self.split, self.missing = [], [], [], []
        self.true, self.true_leaf, self.false, self.false_leaf = [], [], [], []
        self.leaf_target, self.leaf_weight = [], []

    def leaf(self, target, weight):
        self.leaf_target.append(target)
        self.leaf_weight.append(weight)
        return len(self.leaf_target) - 1

    def add_leaf_alone(self, target, weight):
        # A tree is at least one comparison here: both its sides are the leaf.
        self.roots.append(len(self.feature))
        leaf = self.leaf(target, weight)
        self.inner(0, 0.0, False, (leaf, 1), (leaf, 1))

    def inner(self, feature, split, missing_left, true, false):
        self.feature.append(feature)
        self.split.append(split)
        self.missing.append(int(missing_left))
        self.true.append(true[0])
        self.true_leaf.append(true[1])
        self.false.append(false[0])
        self.false_leaf.append(false[1])

    def add_tree(self, tree, column, target):
        inner = numpy.flatnonzero(tree.left != -1).tolist()
        if not inner:
            self.add_leaf_alone(target, float(tree.value[0, column]))
            return
        first = len(self.feature)
        self.roots.append(first)
        place = {node: first + index for index, node in enumerate(inner)}

        def side(node):
            if node in place:
                return place[node], 0
            return self.leaf(target, float(tree.value[node, column])), 1

        for node in inner:
            self.inner(
                int(tree.feature[node]),
                float(tree.threshold[node]),
                bool(tree.missing_left[node]),
                side(int(tree.left[node])),
                side(int(tree.right[node])),
            )

    def attributes(self, mode):
        return {
            "tree_roots": self.roots,
            "nodes_featureids": self.feature,
            "nodes_splits": numpy_helper.from_array(numpy.asarray(self.split, dtype=self.kind)),
            "nodes_modes": numpy_helper.from_array(numpy.full(len(self.split), mode, dtype=numpy.uint8)),
            "nodes_truenodeids": self.true,
            "nodes_trueleafs": self.true_leaf,
            "nodes_falsenodeids": self.false,
            "nodes_falseleafs": self.false_leaf,
            "nodes_missing_value_tracks_true": self.missing,
            "leaf_targetids": self.leaf_target,
            "leaf_weights": numpy_helper.from_array(numpy.asarray(self.leaf_weight, dtype=self.kind)),
        }
