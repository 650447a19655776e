"""What of a function is sent to a pod: taken apart here, without any cluster.

By value what lives in the notebook: functions, classes and data of cells, closures, and of the person's own files what
the code mentions. By name what is installed; ``packages`` says which, so that one that an image lacks is named before
the call runs. Globals are copies: what a call changes in them stays in the pod.
"""

from kt_jupyter.compute.functions.capture.anatomy import Place, name_of
from kt_jupyter.compute.functions.capture.blame import Content, contents
from kt_jupyter.compute.functions.capture.packing import LIMIT, NOTICE, Packed, pack, pack_value

__all__ = ["LIMIT", "NOTICE", "Content", "Packed", "Place", "contents", "name_of", "pack", "pack_value"]
