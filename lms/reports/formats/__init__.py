"""Papers that leave the office: what stands on them (``report``, ``issuers``, ``messages``), how large (``layout``),
and the Word file (``word``). Plain Python. The PDF is ``lms.reports.rendering``, from the same ``paper.Paper``.

Their words are Vietnamese whatever the language of the screen: the layout is that of Nghị định 30/2020/NĐ-CP.
"""
