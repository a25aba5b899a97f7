export default async ({ visit, program }) => {
  const visitor = await visit();
  const { page } = visitor;
  const calls = async () => Number((await visitor.row("take").locator(".c-calls").innerText()).replace(/\D/g, ""));
  await visitor.until("there are some calls", async () => (await calls()) > 3000);
  await program.control("reset");
  await page.getByText("all counts begin anew").waitFor();
  await visitor.until("counts are small again", async () => (await calls()) < 3000);
};
