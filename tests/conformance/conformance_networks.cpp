// conformance_networks FOLDER: writes every network of the conformance suite, its rules among them, as
// NAME.onnx, and networks.txt with a line 'NAME TOLERANCE WxH WxH...' for each.
#include "base/file.h"
#include "conformance/rules.h"
#include "model/onnx.h"

#include <fstream>
#include <iostream>

int main(int count, char **values) {
    if (count != 2) {
        std::cerr << "usage: conformance_networks FOLDER\n";
        return 1;
    }
    try {
        const std::filesystem::path folder = values[1];
        std::filesystem::create_directories(folder);
        std::ofstream list(folder / "networks.txt");
        std::vector<vsmlrt::test::Case> cases = vsmlrt::test::all_cases();
        for (const auto &[op, rules] : vsmlrt::test::rules_by_operator())
            cases.insert(cases.end(), rules.begin(), rules.end());
        for (const vsmlrt::test::Case &entry : cases) {
            vsmlrt::replace_file(folder / (entry.name + ".onnx"), vsmlrt::model::write_onnx(entry.network));
            list << entry.name << ' ' << entry.tolerance;
            for (const vsmlrt_extent &extent : entry.extents)
                list << ' ' << extent.width << 'x' << extent.height;
            list << '\n';
        }
        return list.flush() ? 0 : 1;
    } catch (const std::exception &failure) {
        std::cerr << "conformance_networks: " << failure.what() << "\n";
        return 1;
    }
}
