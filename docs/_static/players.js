// A player's frame is as high as the player in it, which says so; without this it scrolls.
addEventListener("message", ({ source, data }) => {
  for (const frame of document.querySelectorAll("iframe.player")) {
    if (frame.contentWindow === source && data?.playerHeight > 0) frame.style.height = `${data.playerHeight + 2}px`;
  }
});
