"""What code in a fence may not do, each as an attack that is tried in every fence that should stop it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from engine.errors import EnvironmentMissing, Refused
from engine.fence import Command, Limits, fence_for
from engine.fence import fence as fence_module

NETWORKLESS = ("bwrap", "landlock")


def only(probe: Any, *levels: str) -> None:
    if probe.fence.level not in levels:
        pytest.skip(f"{probe.fence.level} does not promise this")


def test_the_working_folder_can_be_read_and_written(probe: Any) -> None:
    lines, finished = probe.run(
        "open('out.txt', 'w').write('x'); print(open('out.txt').read(), __import__('os').getcwd())"
    )
    assert lines == [f"x {probe.folder}"] and finished.exit_code == 0
    assert finished.fence == probe.fence.level
    assert (probe.folder / "out.txt").read_text() == "x"


def test_both_streams_and_the_exit_code_come_through(probe: Any) -> None:
    lines, finished = probe.run("import sys; print('o'); print('e', file=sys.stderr); sys.exit(7)")
    assert sorted(lines) == ["e", "o"] and finished.exit_code == 7


def test_no_server_of_this_machine_is_reached(probe: Any) -> None:
    only(probe, *NETWORKLESS)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    source = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2); print('reached')"
    lines, finished = probe.run(source)
    assert "reached" not in lines and finished.exit_code != 0
    lines, _ = probe.run(source, network=True)
    assert lines == ["reached"]
    listener.close()


def test_no_datagram_reaches_this_machine(probe: Any) -> None:
    only(probe, "bwrap")
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    receiver.settimeout(0.3)
    port = receiver.getsockname()[1]
    probe.run(f"import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))")
    with pytest.raises(OSError):
        receiver.recv(1)
    receiver.close()


def test_no_abstract_socket_is_reached(probe: Any) -> None:
    only(probe, *NETWORKLESS)
    name = f"\0flowwright-{os.getpid()}"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(name)
    listener.listen()
    lines, _ = probe.run(f"import socket; socket.socket(socket.AF_UNIX).connect({name!r}); print('reached')")
    assert "reached" not in lines
    listener.close()


def test_no_file_is_written_outside(probe: Any, tmp_path: Path) -> None:
    only(probe, *NETWORKLESS)
    lines, _ = probe.run(f"open({str(tmp_path / 'outside')!r}, 'w').write('x'); print('written')")
    assert "written" not in lines or not (tmp_path / "outside").exists()
    assert not (tmp_path / "outside").exists()


def test_no_file_of_others_is_read(probe: Any, tmp_path: Path) -> None:
    only(probe, *NETWORKLESS)
    secret = tmp_path / "secret.txt"
    secret.write_text("hush")
    secret.chmod(0o644)
    for path in (secret, Path("/etc/shadow"), Path.home() / ".bashrc"):
        lines, _ = probe.run(f"print('got', len(open({str(path)!r}).read()))")
        assert not any(line.startswith("got") for line in lines), path


def test_a_link_out_of_the_folder_leads_nowhere(probe: Any, tmp_path: Path) -> None:
    only(probe, *NETWORKLESS)
    secret = tmp_path / "secret.txt"
    secret.write_text("hush")
    lines, _ = probe.run(f"import os; os.symlink({str(secret)!r}, 'link'); print('got', open('link').read())")
    assert "got hush" not in lines


def test_the_environment_is_only_what_is_given(probe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGINE_SECRET", "hush")
    lines, _ = probe.run("import os; print(os.environ.get('ENGINE_SECRET'), os.environ['GIVEN'])")
    assert lines == ["None yes"]


def test_the_environment_the_engine_was_started_with_is_not_found_in_proc(tmp_path: Path, folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from engine.fence import *\n"
        'source = \'import glob\\nfor p in glob.glob("/proc/[0-9]*/environ"):\\n'
        ' try:\\n  if b"hush-hush" in open(p,"rb").read(): print("found", p)\\n except OSError: pass\'\n'
        "fence = fence_for({}); print(fence.level)\n"
        "fence.run(Command(('/usr/bin/python3', '-c', source), Path(sys.argv[1]), {'PATH': '/usr/bin:/bin'}),"
        " on_line=lambda s, l: print(l))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        env={**os.environ, "START_SECRET": "hush-hush"},
        capture_output=True,
        text=True,
        check=True,
    )
    if done.stdout.splitlines()[0] not in NETWORKLESS:
        pytest.skip("no fence here that promises this")
    assert "found" not in done.stdout


def test_the_memory_of_the_engine_is_out_of_reach(probe: Any) -> None:
    only(probe, *NETWORKLESS)
    lines, _ = probe.run(f"open('/proc/{os.getpid()}/mem', 'rb').seek(4096); print('opened')")
    assert "opened" not in lines


def test_other_processes_cannot_be_killed(probe: Any) -> None:
    only(probe, *NETWORKLESS)
    victim = subprocess.Popen(["sleep", "60"])
    probe.run(f"import os; os.kill({victim.pid}, 9)")
    assert victim.poll() is None
    victim.kill()
    victim.wait()


def test_a_fork_bomb_is_bounded(probe: Any) -> None:
    only(probe, "bwrap")
    source = """
import os, time
made = 0
for _ in range(400):
    try:
        if os.fork() == 0:
            time.sleep(20); os._exit(0)
        made += 1
    except OSError:
        break
print(made, flush=True)
os._exit(0)
"""
    lines, _ = probe.run(source)
    assert int(lines[-1]) < 70


def test_many_fenced_commands_do_not_take_each_others_processes(strong: Any) -> None:
    results: list[int] = []

    def one() -> None:
        source = "import subprocess; ps = [subprocess.Popen(['sleep', '1']) for _ in range(20)]; print(len(ps))"
        lines, _ = strong.run(source)
        results.append(int(lines[-1]) if lines and lines[-1].isdigit() else 0)

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [20] * 6


def test_memory_is_limited(probe: Any) -> None:
    lines, _ = probe.run("x = bytearray(3 * 1024**3); print('allocated')")
    assert "allocated" not in lines


def test_file_size_is_limited(probe: Any) -> None:
    probe.run("f = open('big', 'wb')\nfor _ in range(320): f.write(bytes(1024**2))\nprint('written')")
    assert (probe.folder / "big").stat().st_size <= 64 * 1024**2


def test_the_temporary_folder_is_private_and_limited(strong: Any) -> None:
    lines, _ = strong.run(
        "open('/tmp/seen', 'w').write('x'); f = open('/tmp/big', 'wb'); f.write(bytes(20 * 1024**2)); print('w')"
    )
    assert "w" not in lines and not Path("/tmp/seen").exists()


def test_processor_time_is_limited(probe: Any) -> None:
    limits = Limits(memory_bytes=896 * 1024**2, cpu_seconds=1)
    _, finished = probe.run("while True: pass", limits=limits)
    assert finished.exit_code in (137, 152) and not finished.timed_out


def test_too_much_output_ends_the_command(probe: Any) -> None:
    _, finished = probe.run("while True: print('x' * 1000)")
    assert finished.flooded


def test_a_time_limit_ends_the_command_and_what_it_started(probe: Any) -> None:
    source = "import subprocess, time; subprocess.Popen(['sleep', '312']); print('on', flush=True); time.sleep(300)"
    lines, finished = probe.run(source, timeout=0.7)
    assert finished.timed_out and lines == ["on"]
    assert _wait_until(lambda: not _alive("sleep 312"))


def test_a_daemon_does_not_outlive_the_command(strong: Any) -> None:
    source = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp('sleep', ['sleep', '313'])
    os._exit(0)
time.sleep(0.3)
"""
    strong.run(source)
    assert _wait_until(lambda: not _alive("sleep 313"))


def test_nothing_outlives_the_engine(tmp_path: Path, folder: Path) -> None:
    if fence_for({}).level != "bwrap":
        pytest.skip("bubblewrap does not work on this machine")
    program = (
        "import sys; from pathlib import Path; from engine.fence import *\n"
        "fence_for({}).run(Command(('/bin/sleep', '314'), Path(sys.argv[1]), {}))\n"
    )
    engine = subprocess.Popen([sys.executable, "-c", program, str(folder)])
    assert _wait_until(lambda: _alive("sleep 314"))
    engine.kill()
    engine.wait()
    assert _wait_until(lambda: not _alive("sleep 314"))


def _alive(words: str) -> bool:
    wanted = words.replace(" ", "\0") + "\0"
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if entry.read_text().endswith(wanted) and "sleep" in entry.read_text().split("\0")[0]:
                return True
        except OSError:
            continue
    return False


def _wait_until(condition: Any) -> bool:
    for _ in range(200):
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_a_cancelled_command_ends_at_once(probe: Any) -> None:
    cancelled = threading.Event()
    threading.Timer(0.3, cancelled.set).start()
    command = Command(("sleep", "300"), probe.folder, {"PATH": "/usr/bin:/bin"})
    finished = probe.fence.run(command, cancelled=cancelled)
    assert finished.cancelled


def test_a_command_that_is_not_there_has_exit_code_127(probe: Any) -> None:
    finished = probe.fence.run(Command(("sh", "-c", "nowhere-to-be-found"), probe.folder, {"PATH": "/usr/bin:/bin"}))
    assert finished.exit_code == 127


def test_a_file_left_by_the_command_can_be_read_by_the_engine(probe: Any) -> None:
    probe.run("import os; os.makedirs('a/b'); open('a/b/c', 'w').write('x'); os.chmod('a/b/c', 0o600)")
    assert (probe.folder / "a/b/c").read_text() == "x"


def test_as_an_ordinary_user_the_strongest_fence_holds_too(as_user: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hush")
    done = as_user(
        f"""
import sys
from pathlib import Path
from engine.fence import Command, Limits, fence_for

fence = fence_for({{}})
lines = []
source = '''
import os, socket
for attack in (
    lambda: socket.create_connection(("127.0.0.1", 22), 1),
    lambda: open({str(secret)!r}).read(),
    lambda: open("/etc/shadow").read(),
    lambda: open("/var/tmp/x", "w"),
):
    try:
        attack(); print("open")
    except OSError:
        print("blocked")
made = 0
try:
    for _ in range(400):
        if os.fork() == 0:
            import time; time.sleep(10); os._exit(0)
        made += 1
except OSError:
    pass
print(made, flush=True)
os._exit(0)
'''
limits = Limits(processes=64)
fence.run(Command(("/usr/bin/python3", "-c", source), Path(sys.argv[1]), {{"PATH": "/usr/bin"}}, limits=limits),
          on_line=lambda s, l: lines.append(l))
print(fence.level, *lines)
"""
    )
    assert done.returncode == 0, done.stderr
    level, *blocked, made = done.stdout.split()
    if level != "bwrap":
        pytest.skip(f"an ordinary user has only {level} here")
    assert blocked == ["blocked"] * 4
    assert int(made) < 70


def test_code_of_a_model_is_refused_below_bubblewrap_unless_allowed(folder: Path) -> None:
    weak = fence_for({"fence.level": "limits"})
    with pytest.raises(Refused) as refusal:
        weak.admit(written_by_model=True, allow_unfenced=False)
    assert refusal.value.code == "unfenced-script" and "fence.allow_unfenced" in refusal.value.hint
    weak.admit(written_by_model=True, allow_unfenced=True)
    weak.admit(written_by_model=False, allow_unfenced=False)


def test_a_fence_that_is_asked_for_and_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fence_module, "_working", lambda level: None)
    with pytest.raises(EnvironmentMissing, match="does not work here"):
        fence_for({"fence.level": "bwrap"})
    with pytest.raises(EnvironmentMissing, match="unknown fence level"):
        fence_for({"fence.level": "moat"})


def test_without_bubblewrap_the_next_best_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fence_module.bubblewrap, "ways", list)
    fence_module._working.cache_clear()
    fence_module._strongest.cache_clear()
    try:
        assert fence_for({}).level in ("landlock", "limits")
    finally:
        fence_module._working.cache_clear()
        fence_module._strongest.cache_clear()
