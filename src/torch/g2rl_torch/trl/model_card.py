"""What a checkpoint's model card says of the method it was trained with."""

from __future__ import annotations

PAPER = {
    "title": "Can LLMs Guide Their Own Exploration? Gradient-Guided Reinforcement Learning for LLM Reasoning",
    "id": "2512.15687",
}
CITATION = """\
@article{liang2025g2rl,
    title        = {{Can LLMs Guide Their Own Exploration? Gradient-Guided Reinforcement Learning for LLM Reasoning}},
    author       = {Zhenwen Liang and Sidi Lu and Wenhao Yu and Kishan Panaganti and Yujun Zhou and Haitao Mi and
                    Dong Yu},
    year         = 2025,
    eprint       = {arXiv:2512.15687},
}"""
