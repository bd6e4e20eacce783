export const dynamic = "force-dynamic";

export default function Page() {
  return <main>hello from next as {process.getuid()}</main>;
}
