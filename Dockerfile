# Builds the dashboard with everything, then keeps only what runs.
FROM node:26.10-slim AS build
WORKDIR /saguaro
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN node command/build.ts

FROM node:26.10-slim AS parts
WORKDIR /saguaro
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:26.10-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends iputils-ping \
 && rm -rf /var/lib/apt/lists/* \
 # A copy has no file capabilities, which a container without any could not even start.
 && cp /usr/bin/ping /usr/local/bin/ping \
 && install --directory --owner=node --group=node --mode=0700 /var/lib/saguaro
WORKDIR /saguaro
COPY --from=parts /saguaro/node_modules node_modules
COPY --from=build /saguaro/web/dist web/dist
COPY package.json package-lock.json main.ts config.ts saguaro ./
# The launcher sets up memory as everywhere else; here it finds everything installed, on the Node of this image.
RUN mkdir -p node_modules/.bin \
 && ln -sf /usr/local/bin/node node_modules/.bin/node \
 && cksum <package-lock.json >node_modules/.saguaro-lock
COPY command command
COPY config config
COPY core core
COPY collector collector
COPY store store
COPY server server
COPY dashboards dashboards
ENV NODE_ENV=production SAGUARO_DATA=/var/lib/saguaro SAGUARO_LISTEN=0.0.0.0:8080 SAGUARO_LOG=json \
    NODE_COMPILE_CACHE=/tmp/compile
USER node
VOLUME /var/lib/saguaro
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/-/healthy').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/saguaro/saguaro"]
CMD ["serve"]
