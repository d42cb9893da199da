"""Certificates per second of CPU, warm and unsigned, and the ratio to WeasyPrint called naively on the same page.

CPU time, not wall time: what else the machine does hardly counts. Both are measured in turns in one run.
"""

import time
from functools import partial

from django.template.loader import get_template

from certificates.rendering import FORMS, name_size, to_pdf
from tests.factories.certificates import PAYLOAD

ROUNDS = 20
BUDGET_PER_SECOND = 12


def cpu(work: "partial[bytes]") -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def bare() -> bytes:
    """Everything anew each time, and without the frame and the QR, which WeasyPrint would draw from SVG."""
    import weasyprint  # noqa: TID251  measured here

    css = (FORMS / "gcn-1.css").read_text(encoding="utf-8")
    page = get_template("certificates/forms/gcn-1.html").render({**PAYLOAD, "name_size": name_size(PAYLOAD["name"])})
    markup = page.replace("</head>", f"<style>{css}</style></head>")
    return weasyprint.HTML(string=markup).write_pdf()


def bench_certificates_per_second() -> None:
    ours, naive = partial(to_pdf, PAYLOAD), partial(bare)
    for work in (ours, naive, ours):
        work()
    measured = sorted(cpu(ours) for _ in range(ROUNDS))
    compared = sorted(cpu(naive) for _ in range(ROUNDS // 4))
    each, naively = measured[ROUNDS // 2], compared[len(compared) // 2]
    print(  # noqa: T201
        f"\ncertificate: {each * 1000:.0f} ms of CPU ({1 / each:.1f} a second and core; budget {BUDGET_PER_SECOND}),"
        f" bare WeasyPrint without the drawings {naively * 1000:.0f} ms, ratio {each / naively:.2f}"
    )
