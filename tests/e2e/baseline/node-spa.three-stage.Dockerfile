FROM node:26-alpine AS deps
WORKDIR /app
COPY package*.json ./
RUN npm ci

FROM deps AS build
COPY . .
RUN npm run build

FROM nginx:alpine
COPY --from=build /app/public_html /usr/share/nginx/html
EXPOSE 80
CMD ["nginx", "-g", "daemon off;"]
