"""Gemini through the google-genai SDK. All of the SDK's traps are handled here and nowhere else:

it does not retry unless told and then ignores the delay the service asked for; transport errors are
not its own errors; a cut stream ends silently; blocked and empty answers have ``text`` None.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from copilot.draft.text_model import Reply
from copilot.errors import (
    ProviderBlocked,
    ProviderCut,
    ProviderEmpty,
    ProviderError,
    ProviderKeyInvalid,
    ProviderKeyMissing,
    ProviderQuota,
    ProviderTimeout,
    ProviderUnavailable,
)
from copilot.settings import Settings

if TYPE_CHECKING:
    from google.genai.types import GenerateContentConfig, GenerateContentResponse

_BLOCKED = {"SAFETY", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "RECITATION", "MODEL_ARMOR"}
_RETRIED = (ProviderQuota, ProviderUnavailable, ProviderTimeout, ProviderCut)
_LONGEST_PAUSE = 60.0


class Gemini:
    """A TextModel. ``sleep`` and ``clock`` come in from outside so that tests need no waiting."""

    name = "gemini"

    def __init__(
        self,
        settings: Settings,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if settings.gemini_api_key is None:
            raise ProviderKeyMissing(
                "Gemini needs a key", hint="set GEMINI_API_KEY, or use --provider offline, which needs none"
            )
        self._settings = settings
        self._sleep = sleep
        self._clock = clock
        self._client = self._connect(settings.gemini_api_key.get_secret_value())

    @property
    def model(self) -> str:
        return self._settings.gemini_model

    def _connect(self, key: str) -> Any:
        from google.genai import Client, types

        return Client(
            api_key=key,
            http_options=types.HttpOptions(
                base_url=self._settings.gemini_base_url, timeout=int(self._settings.gemini_timeout * 1000)
            ),
        )

    def generate_text(self, system: str, prompt: str, on_text: Callable[[str], None] | None = None) -> Reply:
        """One answer, retried with back-off where another try may help. ProviderError in all its kinds."""
        from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

        started = self._clock()
        retrying = Retrying(
            stop=stop_after_attempt(self._settings.gemini_retries),
            retry=retry_if_exception_type(_RETRIED),
            wait=self._pause,
            sleep=self._sleep,
            reraise=True,
        )
        text, usage = retrying(self._once, system, prompt, on_text)
        return Reply(text, usage[0], usage[1], self._clock() - started)

    def _pause(self, state: Any) -> float:
        error = state.outcome.exception()
        if isinstance(error, ProviderQuota) and error.retry_after is not None:
            return min(error.retry_after, _LONGEST_PAUSE)
        pause: float = self._settings.gemini_backoff * 2.0 ** (state.attempt_number - 1)
        return min(pause, _LONGEST_PAUSE)

    def _once(self, system: str, prompt: str, on_text: Callable[[str], None] | None) -> tuple[str, tuple[int, int]]:
        from google.genai import types

        config = types.GenerateContentConfig(
            system_instruction=system,
            temperature=self._settings.gemini_temperature,
            max_output_tokens=self._settings.gemini_max_output_tokens,
        )
        pieces: list[str] = []
        usage = (0, 0)
        finish = ""
        for response in self._responses(prompt, config, stream=on_text is not None):
            usage = _usage(response) or usage
            finish = _finish(response) or finish
            if piece := response.text:
                pieces.append(piece)
                if on_text:
                    on_text(piece)
        return _whole("".join(pieces), finish), usage

    def _responses(self, prompt: str, config: GenerateContentConfig, stream: bool) -> Iterator[GenerateContentResponse]:
        import httpx2
        from google.genai import errors

        models = self._client.models
        call = {"model": self._settings.gemini_model, "contents": prompt, "config": config}
        try:
            if stream:
                yield from models.generate_content_stream(**call)
            else:
                yield models.generate_content(**call)
        except errors.APIError as error:
            raise _typed(error) from error
        except (httpx2.TimeoutException, TimeoutError) as error:
            raise ProviderTimeout(
                f"Gemini did not answer within {self._settings.gemini_timeout:g} s",
                hint="try again, or raise FLOWWRIGHT_GEMINI_TIMEOUT",
            ) from error
        except (httpx2.RemoteProtocolError, httpx2.ReadError) as error:
            raise ProviderCut("the connection to Gemini broke during the answer", hint="try again") from error
        except (httpx2.HTTPError, OSError) as error:
            raise ProviderUnavailable("Gemini cannot be reached", hint="check the network and the base URL") from error
        except json.JSONDecodeError as error:
            raise ProviderError("the service did not answer in JSON", hint="check the base URL") from error


def _usage(response: GenerateContentResponse) -> tuple[int, int] | None:
    data = response.usage_metadata
    if data is None:
        return None
    return data.prompt_token_count or 0, (data.candidates_token_count or 0) + (data.thoughts_token_count or 0)


def _finish(response: GenerateContentResponse) -> str:
    """The finish reason so far; a blocked prompt raises at once."""
    feedback = response.prompt_feedback
    if feedback is not None and feedback.block_reason is not None:
        raise ProviderBlocked(
            f"Gemini blocked the request ({feedback.block_reason.name})", hint="say it in other words"
        )
    for candidate in response.candidates or []:
        if candidate.finish_reason is not None:
            return str(candidate.finish_reason.name)
    return ""


def _whole(text: str, finish: str) -> str:
    """The text, when it is a whole answer; the fitting error otherwise."""
    if finish in _BLOCKED:
        raise ProviderBlocked(f"Gemini withheld its answer ({finish})", hint="say it in other words")
    if finish == "MAX_TOKENS":
        raise ProviderEmpty(
            "the answer is longer than the output limit", hint="raise FLOWWRIGHT_GEMINI_MAX_OUTPUT_TOKENS"
        )
    if not finish:
        if text:
            raise ProviderCut("the answer ended before its end", hint="try again")
        raise ProviderEmpty("Gemini sent an empty answer", hint="try again, or say it in other words")
    if not text.strip():
        raise ProviderEmpty(f"Gemini sent an empty answer ({finish})", hint="try again, or say it in other words")
    return text


def _typed(error: Any) -> ProviderError:
    """The SDK's API error as one of ours. Its message may echo the request, so only its status is kept."""
    status, code = str(error.status or ""), int(error.code or 0)
    if code in (401, 403) or "API_KEY_INVALID" in json.dumps(error.details, default=str):
        return ProviderKeyInvalid("Gemini does not accept the key", hint="check GEMINI_API_KEY and what it may use")
    if code == 429:
        return ProviderQuota(
            "Gemini's limit is reached", hint="wait, or use --provider offline", retry_after=_retry_delay(error.details)
        )
    if code == 404:
        return ProviderError("Gemini does not know the model", hint="check FLOWWRIGHT_GEMINI_MODEL")
    if code == 408 or code == 504:
        return ProviderTimeout(f"Gemini took too long ({code})", hint="try again")
    if code >= 500:
        return ProviderUnavailable(f"Gemini is unavailable ({code} {status})".rstrip(), hint="try again later")
    return ProviderError(f"Gemini refused the call ({code} {status})".rstrip(), hint="check model and settings")


def _retry_delay(details: Any) -> float | None:
    """Seconds from a ``RetryInfo`` detail such as ``{"retryDelay": "7s"}``."""
    stack = [details]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            delay = item.get("retryDelay")
            if isinstance(delay, str) and delay.endswith("s"):
                try:
                    return float(delay[:-1])
                except ValueError:
                    return None
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return None
