@echo off
rem The launcher for Windows: finds a JDK, builds what has changed, runs Java. The same as the script thimble, with less
rem ado: `thimble build|test|bench|clean` and every command of the Java program.
setlocal EnableExtensions DisableDelayedExpansion
set "ROOT=%~dp0"
if "%ROOT:~-1%"=="\" set "ROOT=%ROOT:~0,-1%"
set "JDK_MINIMUM=22"
set "EXIT_BUILD=70"
set "EXIT_MISSING=69"
rem What a build is of, its profile, and the folder of its classes.
set "SOURCES=.mvn,java,native,cmake"
set "PROFILE="
set "MADE=classes"

rem ---- a JDK
set "JDK="
if not defined THIMBLE_JAVA_HOME goto :usual_jdks
call :try_jdk "%THIMBLE_JAVA_HOME%"
if defined JDK goto :have_jdk
echo thimble: THIMBLE_JAVA_HOME=%THIMBLE_JAVA_HOME% is not a JDK %JDK_MINIMUM% or newer 1>&2
exit /b %EXIT_MISSING%

:usual_jdks
if defined JAVA_HOME call :try_jdk "%JAVA_HOME%"
for /f "delims=" %%J in ('where javac.exe 2^>nul') do call :try_jdk "%%~dpJ.."
for /d %%J in ("%ProgramFiles%\Eclipse Adoptium\*" "%ProgramFiles%\Java\*" "%ProgramFiles%\Microsoft\jdk*") do call :try_jdk "%%~fJ"
for /d %%J in ("%ProgramFiles%\Zulu\*" "%ProgramFiles%\Amazon Corretto\*" "%ProgramFiles%\BellSoft\*") do call :try_jdk "%%~fJ"
for /d %%J in ("%USERPROFILE%\.jdks\*" "%USERPROFILE%\scoop\apps\*jdk*" "%LOCALAPPDATA%\Programs\*jdk*") do call :try_jdk "%%~fJ"
for /d %%J in ("%USERPROFILE%\scoop\apps\*jdk*") do call :try_jdk "%%~fJ\current"
if defined JDK goto :have_jdk
echo thimble: no JDK %JDK_MINIMUM% or newer was found, and that is the one thing Thimble cannot do without. 1>&2
echo   Looked at THIMBLE_JAVA_HOME, JAVA_HOME, javac on the PATH, %ProgramFiles%, %USERPROFILE%\.jdks and scoop. 1>&2
echo   To install one:  winget install EclipseAdoptium.Temurin.25.JDK 1>&2
exit /b %EXIT_MISSING%

:have_jdk
set "JAVA_HOME=%JDK%"

rem ---- the command
if "%~1"=="" goto :help
if "%~1"=="help" goto :help
if "%~1"=="-h" goto :help
if "%~1"=="--help" goto :help
if "%~1"=="clean" goto :clean
if "%~1"=="test" goto :test
if "%~1"=="bench" goto :bench
if "%~1"=="build" goto :build_only
if "%~1"=="bindings" goto :bindings
if "%~1"=="format" goto :format

set "ARGUMENTS=%*"
call :build
if errorlevel 1 exit /b %EXIT_BUILD%
"%JAVA_HOME%\bin\java.exe" --enable-native-access=thimble %JAVA_OPTS% %THIMBLE_JAVA_OPTS% -p "%ROOT%\target\classes;%ROOT%\target\lib" --add-modules info.picocli -m thimble/thimble.cli.Main %*
exit /b %ERRORLEVEL%

:help
echo Usage: thimble COMMAND [OPTIONS]
echo.
echo   build, clean           build the classes and the native library; remove them
echo   test [--data DIR]      build all and run every test
echo   bench [ARGS]           build and run the benchmarks
echo   bindings, format       regenerate the bindings with jextract; format the Java sources
echo.
echo The other commands (train, explain, --version, ...) are those of the Java program: thimble train --help
echo Environment: THIMBLE_JAVA_HOME, THIMBLE_JAVA_OPTS, JAVA_OPTS
exit /b 0

:build_only
set "ARGUMENTS="
call :build
if errorlevel 1 exit /b %EXIT_BUILD%
exit /b 0

:clean
if exist "%ROOT%\target" rmdir /s /q "%ROOT%\target"
exit /b %ERRORLEVEL%

:test
set "MNIST="
set "REST="
:test_argument
shift
if "%~1"=="" goto :test_run
if "%~1"=="--data" goto :test_data
set "REST=%REST% %1"
goto :test_argument
:test_data
set "MNIST=-Dthimble.mnist=%~f2"
shift
goto :test_argument
:test_run
set "ARGUMENTS="
call :native_tools
if errorlevel 1 exit /b %EXIT_MISSING%
pushd "%ROOT%"
if defined MNIST (call mvnw.cmd -ntp verify %REST% "%MNIST%") else (call mvnw.cmd -ntp verify %REST%)
set "STATUS=%ERRORLEVEL%"
popd
exit /b %STATUS%

:bench
set "ARGUMENTS="
set "SOURCES=%SOURCES%,tests\bench"
set "PROFILE=-Pbench"
set "MADE=bench-classes"
call :build
if errorlevel 1 exit /b %EXIT_BUILD%
set "REST="
:bench_argument
shift
if "%~1"=="" goto :bench_run
set "REST=%REST% %1"
goto :bench_argument
:bench_run
"%JAVA_HOME%\bin\java.exe" --enable-native-access=ALL-UNNAMED --add-modules jdk.incubator.vector %JAVA_OPTS% %THIMBLE_JAVA_OPTS% -cp "%ROOT%\target\bench-classes;%ROOT%\target\classes;%ROOT%\target\lib\*" thimble.bench.Main %REST%
exit /b %ERRORLEVEL%

:bindings
pushd "%ROOT%"
cmake -P cmake/bindings.cmake
set "STATUS=%ERRORLEVEL%"
popd
exit /b %STATUS%

:format
pushd "%ROOT%"
call mvnw.cmd -q -ntp -B spotless:apply
set "STATUS=%ERRORLEVEL%"
popd
exit /b %STATUS%

rem ---- subroutines

rem Takes folder %1 for the JDK if none is chosen yet and it holds one that is new enough.
:try_jdk
if defined JDK exit /b 0
if not exist "%~f1\bin\javac.exe" exit /b 0
if not exist "%~f1\release" exit /b 0
set "FOUND="
for /f "tokens=2 delims==" %%V in ('findstr /b "JAVA_VERSION=" "%~f1\release"') do set "FOUND=%%~V"
if not defined FOUND exit /b 0
for /f "tokens=1 delims=.-+" %%V in ("%FOUND%") do set "FOUND=%%V"
if %FOUND% GEQ %JDK_MINIMUM% set "JDK=%~f1"
exit /b 0

rem Sets NATIVE_SKIP, and the toolset: clang-cl, which Visual Studio brings as its LLVM component.
:native_tools
set "NATIVE_SKIP=false"
if not defined CMAKE_GENERATOR if not defined CMAKE_GENERATOR_TOOLSET set "CMAKE_GENERATOR_TOOLSET=ClangCL"
where cmake.exe >nul 2>nul
if not errorlevel 1 exit /b 0
set "NATIVE_SKIP=true"
echo.%ARGUMENTS%| findstr /r /c:"--backend[= ]*java" >nul
if not errorlevel 1 exit /b 0
echo thimble: cmake was not found; the native library needs it and Visual Studio's clang: 1>&2
echo   winget install Kitware.CMake 1>&2
echo   winget install Microsoft.VisualStudio.2022.BuildTools, with "C++ Clang tools for Windows" 1>&2
echo   Or without them, in plain Java, which is slower:  thimble train --backend java 1>&2
exit /b 1

rem Runs Maven if a source is newer than the last build, or the list of sources is another.
:build
set "STAMP=%ROOT%\target\%MADE%.stamp"
set "LIST=%TEMP%\thimble-sources-%RANDOM%%RANDOM%.txt"
powershell -NoProfile -ExecutionPolicy Bypass -Command "Set-Location -LiteralPath $env:ROOT; @(Get-Item pom.xml) + @(Get-ChildItem -Recurse -File ($env:SOURCES -split ',')) | Sort-Object FullName | ForEach-Object { $_.FullName + ' ' + $_.Length + ' ' + $_.LastWriteTimeUtc.Ticks }" >"%LIST%"
if not exist "%ROOT%\target\classes\module-info.class" goto :run_maven
if not exist "%ROOT%\target\%MADE%" goto :run_maven
fc /b "%LIST%" "%STAMP%" >nul 2>nul
if errorlevel 1 goto :run_maven
del "%LIST%" 2>nul
exit /b 0
:run_maven
call :native_tools
if errorlevel 1 (del "%LIST%" 2>nul & exit /b 1)
if not exist "%ROOT%\target" mkdir "%ROOT%\target"
rem Both: the main classes are part of either build. Those of the benchmark are compiled anew, since Maven would not see
rem that the main classes have changed.
del "%ROOT%\target\classes.stamp" "%STAMP%" 2>nul
if defined PROFILE rmdir /s /q "%ROOT%\target\%MADE%" 2>nul
echo thimble: building (the first time downloads Maven and libraries; about a minute) 1>&2
pushd "%ROOT%"
call mvnw.cmd -ntp -B %PROFILE% -DskipTests -Dnative.skip=%NATIVE_SKIP% process-classes >"%ROOT%\target\build.log" 2>&1
set "STATUS=%ERRORLEVEL%"
popd
if not "%STATUS%"=="0" goto :build_failed
if "%NATIVE_SKIP%"=="false" move /y "%LIST%" "%STAMP%" >nul
del "%LIST%" 2>nul
exit /b 0
:build_failed
del "%LIST%" 2>nul
echo thimble: the build failed: 1>&2
findstr /b /c:"[ERROR]" "%ROOT%\target\build.log" 1>&2
echo thimble: the whole log: %ROOT%\target\build.log 1>&2
exit /b 1
