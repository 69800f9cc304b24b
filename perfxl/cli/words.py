"""Interface strings: what the command line says of itself."""

from __future__ import annotations

GUIDE = """perfxl:部门整体支出绩效自评表的生成与审核

用法:
  perfxl new 文件夹            新建一个任务,单位名单等填在任务设置.xlsx
  perfxl template              生成空白模板;在任务文件夹里,每个单位一份
  perfxl check 文件或文件夹    审核填好的表,在旁边写出“…_审核结果.xlsx”
  perfxl report 文件或文件夹   按自评表起草 Word 自评报告
  perfxl mail 发放|催报|退回修改
                               写好给各单位的邮件草稿(只写不发)
  perfxl export                把收上来的数据导出成 CSV 表
  perfxl fields                列出表中要填的每一个格子
  perfxl rules [编号]          列出审核规则;给出编号则解释这一条
  perfxl form 文件             核对自己的表样;给的是空白表的,提出标记
  perfxl form                  取出自带的附件3 来改;别的用 --name,--list 列出
  perfxl rubric [文件]         把评分标准转成 Excel 表来改,或转回 .toml
  perfxl targets 文件或文件夹  根据几年的自评表建议下一年的指标值
  perfxl menu install          右键菜单里加上“用 perfxl 审核”(remove 去掉)
  perfxl desk                  在浏览器里审核:拖进文件,看结论,下载审核结果
  perfxl help [命令]           说明怎么写,如 perfxl help check

选项:
  -h, --help                   显示本说明;写在命令后面,看这个命令的全部选项
  --version                    显示版本
  --install-completion         让命令窗口会补全命令和选项(怎么用见手册)
  --show-completion            只显示补全用的脚本,不安装

只写文件也行:perfxl 回收的表.xlsx 就是 perfxl check 回收的表.xlsx
用自己的表样,命令后面加 --form 表样.xlsx;任务文件夹里有 表样.xlsx 的不用加"""
AFTER_NEW = """任务的年度是 {year},写在任务设置.xlsx 里,可以改
下一步:
  1. 用 Excel 打开任务设置.xlsx,填参数和单位名单{scale},保存并关闭
  2. 在文件夹 {folder} 里运行 perfxl template,给每个单位生成一份模板"""
AFTER_FORM = """表样已写出:{path}
下一步:用 Excel 打开它,逐格看【】里的标记对不对,改好后再运行 perfxl form"""
AFTER_SHIPPED = """表样已写出:{path}
下一步:用 Excel 打开,照本单位的改,再运行 perfxl form 核对;不用改的,直接写 --form {name}"""
USUAL = ",不写 --form 就是它"
FORM_FAULTY = "{name} 有 {count} 处要改正,改好后再运行一次:"
INTERRUPTED = "已中断。已写出的审核结果是完整的,重新运行即可继续。"
NOT_PRINTED = "输出写不进去({why})。请换一个地方保存输出。"
OUR_FAULT = "perfxl 自身出错,不是您的表有问题。请把 {log} 发给维护人员。"
OUR_FAULT_UNKEPT = "perfxl 自身出错,不是您的表有问题,日志也写不进去。请把这一行发给维护人员:{what}"
NO_CHINESE_NAMES = (
    "系统的语言设置写不出中文文件名。请先设为 UTF-8 再运行,如 LANG=C.UTF-8 "
    "(this locale cannot name files in Chinese)"
)
PRESS_ENTER = "\n看完了按回车键,关闭这个窗口"
BEGUN = "正在审核,请稍候…"
NOTHING_TO_OPEN = "没有写出审核结果,没有什么可以打开"
NO_FOLDER = "当前所在的文件夹已经被删除或移走。请换一个文件夹再运行。"
REFUSED = "系统不让读写 {path}({why})。检查磁盘、网络盘和权限后重新运行。"
