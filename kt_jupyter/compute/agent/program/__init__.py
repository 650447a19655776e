"""The agent: what runs in a pod, as its first process. See ``main``.

It arrives as text in the pod's arguments and is imported from memory under the name ``kt_agent`` (``boot``). Nothing
here may need more than Python 3.8 and its standard library. ``wire`` and ``records`` are read by the kernel's side too.

=============  =====================================================================================================
supervisor     ``main`` ``agent`` ``loop`` ``server`` ``requests`` ``works`` ``output`` ``cells`` ``calls`` ``children``
               ``spool`` ``blobs`` ``log`` ``memory``: one thread, one loop, starts the others
fork server    ``forkserver`` ``forks`` ``loop``: from the first call on, forks the processes of calls
child          ``inside`` ``calling`` ``channel`` ``streams`` ``engine`` ``plain`` ``ipython`` ``display`` ``bundles``
               ``figures`` ``backend`` ``tracebacks`` ``pickles`` ``items``: where users' code runs
both           ``wire`` ``records``
=============  =====================================================================================================
"""
