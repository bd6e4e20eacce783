FROM maven:3.9-eclipse-temurin-21-alpine AS deps
WORKDIR /src
COPY pom.xml ./
RUN mvn -B dependency:go-offline

FROM deps AS build
COPY . .
RUN mvn -B -DskipTests package

FROM eclipse-temurin:21-jre-alpine
WORKDIR /app
COPY --from=build /src/target/*.jar ./app.jar
EXPOSE 8083
CMD ["java", "-jar", "app.jar"]
