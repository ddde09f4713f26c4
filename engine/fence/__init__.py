"""What keeps code that somebody wrote inside its working folder.

    fence = fence_for(settings)
    done = fence.run(Command(argv=("sh", "-c", "echo hi"), cwd=folder), on_line=print)

A fence is as strong as the machine allows, and says how strong it is: ``bwrap`` (namespaces: no other file, process
or network to be seen), ``landlock`` (kernel rules on files and TCP), ``limits`` (memory, processes, file size, time),
``none`` (only by setting).
"""

from engine.fence.command import Command, Finished, Level, Limits
from engine.fence.fence import Fence, fence_for

__all__ = ["Command", "Fence", "Finished", "Level", "Limits", "fence_for"]
