import "../styles/canvas.css";
