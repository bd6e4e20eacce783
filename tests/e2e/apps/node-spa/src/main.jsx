import { createRoot } from "react-dom/client";
import { BrowserRouter, Link, Route, Routes, useParams } from "react-router";

function Home() {
  return <Link to="/orders/7/lines/3">hello from spa</Link>;
}

function Line() {
  const { order, line } = useParams();
  return <p>line {line} of order {order}</p>;
}

createRoot(document.getElementById("root")).render(
  <BrowserRouter>
    <Routes>
      <Route path="/" element={<Home />} />
      <Route path="/orders/:order/lines/:line" element={<Line />} />
    </Routes>
  </BrowserRouter>,
);
