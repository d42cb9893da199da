from tests.factories.questions.single import option

CONTENT = {
    "options": [option("a", correct=True), option("b", correct=True), option("c"), option("d")],
    "scheme": "proportional_correct",
}
RIGHT = ["a", "b"]
