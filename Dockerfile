# syntax=docker/dockerfile:1
# The server as an image. Node 22 on Debian: the WebSocket library brings binaries for glibc only, so Alpine does not do.

FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build
# What is left is what runs: no development packages, no maps and types, and of the WebSocket library the one binary of this platform.
RUN npm prune --omit=dev --no-audit --no-fund \
  && find dist \( -name '*.map' -o -name '*.d.ts' -o -name '.tsbuildinfo' -o -name '.built' \) -delete \
  && binary="$(node -p '`uws_${process.platform}_${process.arch}_${process.versions.modules}.node`')" \
  && find node_modules/uWebSockets.js/dist/bin -name '*.node' ! -name "$binary" -delete \
  && test -f "node_modules/uWebSockets.js/dist/bin/$binary"

FROM node:22-bookworm-slim
# Listening beyond loopback is refused without GAPLESS_TOKEN, which must be given when the container is started.
ENV NODE_ENV=production \
  GAPLESS_HOST=0.0.0.0 \
  GAPLESS_PORT=8080 \
  GAPLESS_DATA_DIR=/data
WORKDIR /app
RUN install -d -o node -g node -m 750 /data
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
USER node
VOLUME /data
EXPOSE 8080
# Settles what was taken, at most 10 seconds, and exits with 0.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.GAPLESS_PORT}/health/ready`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["dist/cli/main.js"]
CMD ["serve"]
